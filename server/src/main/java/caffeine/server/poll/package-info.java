/** Readiness of many sources, over the kernel's demultiplexers. */
package caffeine.server.poll;
