package caffeine.server.blocking;

import java.nio.ByteBuffer;

/** A read buffer: an array for the parsers, and its view for the JDK's channels. */
final class InputBuffer {

    final byte[] bytes;
    final ByteBuffer view;

    InputBuffer(int size) {
        this.bytes = new byte[size];
        this.view = ByteBuffer.wrap(bytes);
    }

    /** How many bytes have been read. */
    int count() {
        return view.position();
    }
}
