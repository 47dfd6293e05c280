package caffeine.server.blocking;

import caffeine.server.core.FileRange;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The task of a thread that writes, and of {@link ClientThread}, which also reads. */
class ChannelTask implements LaneTask, Runnable {

    final ChannelTransport transport;

    private static final int FILE_PIECE_BYTES = 64 * 1024;

    /** The output to write after the turn, set by the turn. */
    private @Nullable ByteBuffer piece;

    /** The same, in a file. */
    private @Nullable FileRange file;

    private int written;
    private @Nullable IOException writeFailure;

    ChannelTask(ChannelTransport transport) {
        this.transport = transport;
    }

    /** The work of this thread; a failure closes the connection of its client only. */
    @Override
    public final void run() {
        try {
            drive();
        } catch (Throwable mistake) {
            transport
                    .lane()
                    .enter(
                            new LaneTask() {
                                @Override
                                public void happen(long nowNs) {
                                    transport.broken(mistake);
                                }

                                @Override
                                public void over() {
                                    // It is complete.
                                }
                            });
        }
    }

    /** A thread that only writes, while the other one reads. */
    void drive() {
        write();
    }

    /** Makes the thread of this task write after the turn. In the lane. */
    final void writeNext(ByteBuffer next) {
        piece = next;
    }

    /** The same for a range of a file. In the lane. */
    final void writeNext(FileRange next) {
        file = next;
    }

    /** Writes while there is output, and reports the result. */
    final void write() {
        ByteBuffer filePiece = null;
        while (piece != null || file != null) {
            FileRange range = file;
            ByteBuffer next = piece;
            try {
                if (range != null) {
                    filePiece = filePiece == null ? newFilePiece(range) : filePiece.clear();
                    filePiece.limit((int) Math.min(filePiece.capacity(), range.length()));
                    int _ = range.read(filePiece);
                    next = filePiece.flip();
                }
                written = next == null ? 0 : transport.channel().write(next);
                writeFailure = null;
            } catch (IOException e) {
                written = 0;
                writeFailure = e;
            }
            transport.lane().enter(this);
        }
    }

    private static ByteBuffer newFilePiece(FileRange range) {
        return ByteBuffer.allocateDirect((int) Math.min(FILE_PIECE_BYTES, range.length()));
    }

    @Override
    public final void happen(long nowNs) {
        transport.visited(this);
        try {
            if (piece == null && file == null) {
                told(nowNs);
            } else {
                piece = null;
                file = null;
                transport.written(written, writeFailure, nowNs);
            }
        } catch (Throwable e) {
            transport.broken(e);
        }
    }

    /** The action of this thread when it has written nothing. In the lane. */
    void told(long nowNs) {}

    @Override
    public final void over() {
        transport.visited(null);
    }
}
