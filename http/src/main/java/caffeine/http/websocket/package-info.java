/**
 * WebSocket, RFC 6455, with permessage-deflate, RFC 7692: the opening handshake as a decision, and
 * a connection as bytes in, events and bytes out. No socket, thread or clock.
 */
package caffeine.http.websocket;
