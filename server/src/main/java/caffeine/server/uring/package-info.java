/** The engine of threads with an io_uring each, which make few system calls. */
package caffeine.server.uring;
