"""Networks in PyTorch: front end, backbone, head.

Read: architecture (the whole), frontend (the services' mel, in torch), heads.
May touch torch and timm; front ends are read from the same tables as in service.
"""
