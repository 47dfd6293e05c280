package caffeine.bench.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Netty, with one of its native transports: {@code epoll} or {@code io_uring}. As its HTTP examples
 * have it, and as its users make it fast: no aggregator, no validation, one flush for all that one
 * read brought.
 */
final class NettyPeer {
    private static final int BACKLOG = 4096;

    private static final HttpHeadersFactory UNCHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);
    private static final AsciiString TYPE = AsciiString.cached(Hello.TYPE);
    private static final AsciiString LENGTH =
            AsciiString.cached(Integer.toString(Hello.TEXT.length()));
    private static final ByteBuf CONTENT =
            Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(Hello.content()))
                    .asReadOnly();

    private NettyPeer() {}

    public static void main(String[] args) throws InterruptedException {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        switch (String.join(" ", arguments.rest())) {
            case "epoll" ->
                    serve(arguments, EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
            case "io_uring" ->
                    serve(
                            arguments,
                            IoUringIoHandler.newFactory(),
                            IoUringServerSocketChannel.class);
            default -> throw new IllegalArgumentException("PORT THREADS epoll|io_uring");
        }
    }

    private static void serve(
            Hello.Arguments arguments, IoHandlerFactory io, Class<? extends ServerChannel> channel)
            throws InterruptedException {
        MultiThreadIoEventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(arguments.threads(), io);
        new ServerBootstrap()
                .group(loops)
                .channel(channel)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new Pipeline())
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), arguments.port()))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    private static final class Pipeline extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) {
            HttpDecoderConfig config = new HttpDecoderConfig().setHeadersFactory(UNCHECKED);
            channel.pipeline().addLast(new HttpServerCodec(config), new Answer());
        }
    }

    /** Nobody waits for what it writes: a write that fails closes the channel. */
    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Answer extends SimpleChannelInboundHandler<HttpObject> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (!(message instanceof HttpRequest request)) {
                return;
            }
            FullHttpResponse response =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            HttpResponseStatus.OK,
                            CONTENT.duplicate(),
                            UNCHECKED,
                            UNCHECKED);
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, TYPE)
                    .set(HttpHeaderNames.DATE, Hello.date())
                    .set(HttpHeaderNames.CONTENT_LENGTH, LENGTH);
            if (HttpUtil.isKeepAlive(request)) {
                context.write(response, context.voidPromise());
            } else {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
                context.write(response).addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
