package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/** An end that is a channel. */
final class ChannelEnd implements End {

    private interface Action {
        void run() throws IOException;
    }

    private final SelectableChannel channel;

    ChannelEnd(SelectableChannel channel) {
        this.channel = channel;
    }

    @Override
    public ToldSource source(ToldSource.Ear ear) {
        return new ToldSource(channel, ear);
    }

    @Override
    public void write() {
        ByteBuffer one = ByteBuffer.allocate(1);
        run(() -> assertThat(((WritableByteChannel) channel).write(one)).isEqualTo(1));
    }

    @Override
    public void read() {
        ByteBuffer one = ByteBuffer.allocate(1);
        run(() -> assertThat(((ReadableByteChannel) channel).read(one)).isEqualTo(1));
    }

    @Override
    public void shutdownOutput() {
        run(((SocketChannel) channel)::shutdownOutput);
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        run(channel::close);
    }

    private static void run(Action action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
