/** Loaded before a program of the lab, with node -r: ends it with the one that has started it, however that ends. */
process.once('disconnect', () => process.exit(1));
process.channel?.unref(); // it does not keep the program running
