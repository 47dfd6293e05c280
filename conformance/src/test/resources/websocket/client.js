// A client of npm's ws: client.js ADDRESS WHAT. It ends with 0 when everything is as it should be.
'use strict';
const assert = require('node:assert');
const WebSocket = require('ws');

const [address, what] = process.argv.slice(2);

/** An open connection, whose messages, Pongs and end can be awaited in their order. */
function open(path, options) {
    const socket = new WebSocket(address + path, options);
    const events = [];
    const awaited = [];
    const add = event => (awaited.length ? awaited.shift()(event) : events.push(event));
    socket.on('message', (data, binary) => add(binary ? data : data.toString()));
    socket.on('pong', data => add(`pong ${data}`));
    socket.on('close', (code, reason) => add(`close ${code} ${reason}`));
    socket.next = () =>
        events.length ? Promise.resolve(events.shift()) : new Promise(found => awaited.push(found));
    return new Promise((opened, failed) => {
        socket.on('open', () => opened(socket));
        socket.on('error', failed);
    });
}

/** The status of a refused handshake. */
function refused(path, options) {
    return new Promise((found, failed) => {
        const socket = new WebSocket(address + path, options);
        socket.on('open', () => failed(new Error('it is open')));
        socket.on('error', failed);
        socket.on('unexpected-response', (request, response) => {
            found(response.statusCode);
            request.destroy();
        });
    });
}

const text = length => 'grün '.repeat(length / 5);
const bytes = length => Buffer.from(Array.from({ length }, (_, i) => (i * i) & 255));

async function echoes(socket) {
    for (const length of [0, 5, 125, 130, 65535, 65540, 1000000]) {
        socket.send(text(length));
        assert.strictEqual(await socket.next(), text(length));
        socket.send(bytes(length));
        assert.deepStrictEqual(await socket.next(), bytes(length));
    }
    socket.send('one ', { fin: false });
    socket.send('', { fin: false });
    socket.ping('between');
    socket.send('two', { fin: true });
    assert.strictEqual(await socket.next(), 'pong between');
    assert.strictEqual(await socket.next(), 'one two');
}

async function closes(socket, sent, echoed) {
    socket.close(...sent);
    assert.strictEqual(await socket.next(), echoed);
}

const checks = {
    async echo() {
        const plain = { perMessageDeflate: false };
        const socket = await open('/echo', plain);
        assert.strictEqual(socket.extensions, '');
        await echoes(socket);
        await closes(socket, [4001, 'bye'], 'close 4001 '); // its code comes back, without the reason
        await closes(await open('/echo', plain), [], 'close 1005 ');
        await closes(await open('/echo', plain), [1000], 'close 1000 ');
        assert.strictEqual(await refused('/echo', { origin: 'http://other.test' }), 403);
        assert.strictEqual(await refused('/echo', { protocolVersion: 8 }), 426);
        assert.strictEqual(await refused('/other', plain), 404);
    },

    async deflate() {
        const offers = [
            [{}, 'permessage-deflate'],
            [{ serverNoContextTakeover: true }, 'permessage-deflate'],
            [{ clientNoContextTakeover: true }, 'permessage-deflate'],
            [{ clientMaxWindowBits: 9 }, 'permessage-deflate'],
            [{ serverMaxWindowBits: 15 }, 'permessage-deflate'],
            [{ serverMaxWindowBits: 10 }, ''], // the JDK has no smaller window: declined
        ];
        for (const [offer, extensions] of offers) {
            const socket = await open('/echo', { perMessageDeflate: { threshold: 0, ...offer } });
            assert.strictEqual(socket.extensions, extensions, JSON.stringify(offer));
            await echoes(socket);
            await echoes(socket); // refers to the messages before
            await closes(socket, [1000], 'close 1000 ');
        }
    },

    /** With --max-message=64k. */
    async limit() {
        for (const perMessageDeflate of [false, true]) {
            const socket = await open('/echo', { perMessageDeflate });
            socket.send(Buffer.alloc(65536));
            assert.deepStrictEqual(await socket.next(), Buffer.alloc(65536));
            socket.send(Buffer.alloc(65537)); // compressed, it is 80 bytes
            assert.strictEqual(await socket.next(), 'close 1009 ');
        }
    },

    async many() {
        const one = async number => {
            const socket = await open('/echo');
            for (let i = 0; i < 20; i++) {
                socket.send(`${number} ${i}`);
            }
            for (let i = 0; i < 20; i++) {
                assert.strictEqual(await socket.next(), `${number} ${i}`);
            }
            await closes(socket, [1000], 'close 1000 ');
        };
        await Promise.all(Array.from({ length: 100 }, (_, number) => one(number)));
    },

    async script() {
        const socket = await open('/ws/count', { perMessageDeflate: true });
        for (let i = 1; i <= 3; i++) {
            socket.send('grün');
            assert.strictEqual(await socket.next(), `${i} grün`);
        }
        socket.ping('there?');
        assert.strictEqual(await socket.next(), 'pong there?');
        socket.send(bytes(5));
        assert.strictEqual(await socket.next(), 'close 1003 text only');
    },
};

checks[what]().catch(error => {
    console.error(error);
    process.exit(1);
});
