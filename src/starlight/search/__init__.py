"""The search for a lost explorer: where they may be, for how long they can be saved, where to look next."""
