"""How a message becomes a mail or a request, and what an answer means: pure, one module a medium."""
