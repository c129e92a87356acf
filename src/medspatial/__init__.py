"""medspatial: do 3D medical vision-language models understand space in CT?"""

__version__ = "0.1.0"
