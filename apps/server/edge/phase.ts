/**
 * Where a connection stands.
 *
 * - `waiting`: for its turn in the TLS handshake; not read.
 * - `handshaking`, `upgrading`: in the TLS handshake; in the WebSocket upgrade.
 * - `open`: the core knows it.
 * - `ending`: sends what is buffered, takes nothing new; what the peer sends is dropped.
 * - `lingering`: all is sent and the peer was told; waits for it to close, so that nothing sent is lost to a reset.
 * - `closed`: the socket is gone.
 */
export type Phase = 'waiting' | 'handshaking' | 'upgrading' | 'open' | 'ending' | 'lingering' | 'closed';
