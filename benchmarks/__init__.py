"""Where the figures come from: each module prints ours beside a peer's, in the same run."""
