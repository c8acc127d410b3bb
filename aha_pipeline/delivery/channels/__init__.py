"""The channels, a file each; `channel.configured` finds them."""
