// WebSocket of the npm package ws, in one process with one thread:
//
//   node --expose-gc websocket.js PORT FOLDER-OF-WS
//
// /echo sends each message back, /broadcast sends it to all connections there, and /gc collects garbage.
'use strict';
const http = require('http');
const [port, folder] = process.argv.slice(2);
const { WebSocketServer } = require(folder);

const text = { binary: false };
const echoes = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const members = new WebSocketServer({ noServer: true, perMessageDeflate: false });

echoes.on('connection', (socket) => {
  socket.on('message', (message) => socket.send(message, text));
});
members.on('connection', (socket) => {
  socket.send('welcome');
  socket.on('message', (message) => members.clients.forEach((each) => each.send(message, text)));
});

const server = http.createServer((request, response) => {
  if (request.url === '/gc') global.gc();
  response.end('Hello, World!');
});
server.on('upgrade', (request, socket, head) => {
  const sockets = { '/echo': echoes, '/broadcast': members }[request.url];
  if (!sockets) {
    socket.destroy();
    return;
  }
  sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request));
});
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
