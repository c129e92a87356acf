"""What native models share: checkpoints, devices, a language model with a shared prefix, the VLM frame.

Almost all of it needs torch and transformers (extra ``models``) and is imported by modules of models alone.
"""
