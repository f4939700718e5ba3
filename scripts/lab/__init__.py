"""The lab: what its page shows, how it is put together, and the modules that run in the browser."""
