/** Bytes in the longest datagram over IPv4. macOS allows less, unless net.inet.udp.maxdgram is raised. */
export const LONGEST = process.platform === 'darwin' ? 9_216 : 65_507;
