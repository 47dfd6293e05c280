/** One connection's protocol and the seams around it: what drives it, and what answers. */
package caffeine.server.core;
