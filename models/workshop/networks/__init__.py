"""Networks in PyTorch: front end, backbone, head.

Read: architecture (the whole network), frontend (the service's mel front end in torch), heads.
May import torch and timm; front ends are configured by the same `[member.mel]` tables as in the service.
"""
