/** System calls of Linux alone: epoll, eventfd, timerfd, pidfd, shared anonymous files. */
package caffeine.os.linux;
