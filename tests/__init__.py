"""Tests: unit tests on scenes as files, live tests on the lab's real API servers."""
