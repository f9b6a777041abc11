"""The host's side of a board, from a runner to the bytes: runner, client, coding, serial port."""
