"""driftloop and its peers on series of real traffic, quiet and with planted faults."""
