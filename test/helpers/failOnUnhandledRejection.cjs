// Mocha lets a promise that is rejected unhandled pass; it would end a real program.
process.on('unhandledRejection', (error) => {
  throw error;
});
