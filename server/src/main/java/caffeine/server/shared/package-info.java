/** The engine of pinned threads that wait on one epoll set. */
package caffeine.server.shared;
