package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;

/** Makes sockets and pipes, as descriptors or as channels. */
interface Ends {

    /** Two connected sockets. */
    End[] sockets();

    /** A pipe's reading and writing end. */
    End[] pipe();

    /**
     * Something to watch in place of one that is no longer watched, as like it as can be: what is
     * the same for a descriptor is its number, and for a channel the channel.
     *
     * @param model what the new one may lead to instead
     */
    End replace(End gone, End model);

    Ends DESCRIPTORS =
            new Ends() {
                @Override
                public End[] sockets() {
                    int[] ends = new int[2];
                    assertThat(Sockets.socketPair(Sockets.SOCK_STREAM, ends)).isZero();
                    return ends(ends);
                }

                @Override
                public End[] pipe() {
                    int[] ends = new int[2];
                    assertThat(Descriptors.pipe2(ends, 0)).isZero();
                    return ends(ends);
                }

                private End[] ends(int[] fds) {
                    return new End[] {new DescriptorEnd(fds[0]), new DescriptorEnd(fds[1])};
                }

                @Override
                public End replace(End gone, End model) {
                    int number = ((DescriptorEnd) gone).fd();
                    gone.close();
                    assertThat(Descriptors.dup(((DescriptorEnd) model).fd(), number))
                            .isEqualTo(number);
                    return new DescriptorEnd(number);
                }
            };

    Ends CHANNELS =
            new Ends() {
                // Unix-domain ones: what one end does, the other sees at once.
                @Override
                public End[] sockets() {
                    try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                        listener.bind(null);
                        var address = (UnixDomainSocketAddress) listener.getLocalAddress();
                        SocketChannel here = SocketChannel.open(address);
                        SocketChannel there = listener.accept();
                        Files.delete(address.getPath());
                        return new End[] {new ChannelEnd(here), new ChannelEnd(there)};
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }

                @Override
                public End[] pipe() {
                    try {
                        Pipe pipe = Pipe.open();
                        return new End[] {
                            new ChannelEnd(pipe.source()), new ChannelEnd(pipe.sink())
                        };
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }

                @Override
                public End replace(End gone, End model) {
                    return gone;
                }
            };
}
