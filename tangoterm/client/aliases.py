"""What has another name in PyTango."""

from __future__ import annotations

from server_core.model.config import AttributeConfig, PipeConfig
from server_core.model.errors import MultiDevFailed

AttributeInfo = AttributeInfoEx = AttributeConfig
PipeInfo = PipeConfig
NamedDevFailedList = MultiDevFailed
