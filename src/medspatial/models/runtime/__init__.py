"""What native models share: checkpoints, devices, a language model with a shared prefix, the VLM frame.

Everything here needs torch and transformers (extra ``models``) and is imported only by model modules.
"""
