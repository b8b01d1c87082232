/**
 * Loaded before a program of the lab, with node -r: ends it when the program that started it ends, for any
 * reason.
 */
process.once('disconnect', () => process.exit(1));
process.channel?.unref(); // it does not keep the program running
