"""What a resource is made of, as far as it costs money: parts that are counted and have a price, or none known."""

from costs.parts.counting import Counted, Part
from costs.parts.readers import READERS, parts_of

__all__ = ["READERS", "Counted", "Part", "parts_of"]
