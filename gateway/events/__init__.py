"""What changed, as signed tokens: for who polls, and to where they are pushed."""
