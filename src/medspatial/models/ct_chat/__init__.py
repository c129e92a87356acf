"""CT-CHAT: CTViT of CT-CLIP, attentional pooler, and Llama 3.1, Vicuna or Mistral with merged LoRA."""

from medspatial.models.ct_chat.model import CTChat
from medspatial.models.ct_chat.system_prompt import fetch_system_prompts

__all__ = ["CTChat", "fetch_system_prompts"]
