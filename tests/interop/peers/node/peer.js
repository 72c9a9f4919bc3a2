// npm ws as a peer: `server PORT`, or `client HOST PORT STEP...` (see README.md). NODE_PATH tells where ws is installed.
'use strict';
const assert = require('assert');
const { once } = require('events');
const WebSocket = require('ws');

const LIMIT = 64 << 20;
const same = { text: 'Grüße, 世界 👋', replies: { 'server-fragments': ['please fragment', 'in three parts'], 'server-ping': ['please ping', 'pong came'] } };

function serve(port) {
  const server = new WebSocket.Server({ host: '127.0.0.1', port, maxPayload: LIMIT }, () => {
    console.log(`listening on 127.0.0.1:${server.address().port}`);
  });
  server.on('connection', (ws) => {
    ws.on('error', () => {});
    ws.on('message', (data, binary) => {
      const text = binary ? null : data.toString();
      if (text === 'please fragment') {
        ws.send('in ', { fin: false });
        ws.send('three ', { fin: false });
        ws.send('parts', { fin: true });
      } else if (text === 'please ping') {
        ws.once('pong', (payload) => ws.send(payload.toString() === 'knock' ? 'pong came' : `pong ${payload}`));
        ws.ping('knock');
      } else if (text === 'please close') {
        ws.close(4002, 'as you wish');
      } else {
        ws.send(data, { binary });
      }
    });
  });
}

function messages(ws) {
  const got = [];
  const waiting = [];
  ws.on('message', (data, binary) => (waiting.length ? waiting.shift()({ data, binary }) : got.push({ data, binary })));
  return () => (got.length ? Promise.resolve(got.shift()) : new Promise((resolve) => waiting.push(resolve)));
}

async function step(ws, next, name) {
  const echo = async (message, want = message) => {
    ws.send(message);
    const { data, binary } = await next();
    assert.strictEqual(binary, typeof want !== 'string');
    assert.ok(data.equals(Buffer.from(want)), `${data.length} bytes ${data.subarray(0, 60)} came`);
  };
  if (name === 'text') {
    await echo(same.text);
  } else if (name === 'binary') {
    await echo(Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  } else if (name === 'empty') {
    await echo('');
    await echo(Buffer.alloc(0));
  } else if (name === 'large') {
    await echo(Buffer.alloc(1 << 20, Buffer.from(Array.from({ length: 256 }, (_, i) => (7 * i) % 256))));
  } else if (name === 'fragments') {
    ws.send('frag', { fin: false });
    ws.send('men', { fin: false });
    ws.send('ted', { fin: true });
    const { data, binary } = await next();
    assert.ok(!binary && data.toString() === 'fragmented', data.toString());
  } else if (name === 'ping') {
    ws.ping('are you there');
    const [payload] = await once(ws, 'pong');
    assert.strictEqual(payload.toString(), 'are you there');
  } else if (name === 'close' || name === 'server-close') {
    const closed = once(ws, 'close');
    const want = name === 'close' ? 4001 : 4002;
    if (name === 'close') ws.close(4001, 'that was all');
    else ws.send('please close');
    const [code, reason] = await closed;
    assert.strictEqual(code, want);
    if (name === 'server-close') assert.strictEqual(reason.toString(), 'as you wish');
  } else {
    const [request, reply] = same.replies[name];
    await echo(request, reply);
  }
}

async function drive(host, port, steps) {
  const ws = new WebSocket(`ws://${host}:${port}/`, { maxPayload: LIMIT });
  const next = messages(ws);
  await once(ws, 'open');
  for (const name of steps) {
    await step(ws, next, name);
    console.log('ok', name);
  }
  ws.terminate();
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'server') {
  serve(Number(rest[0]));
} else {
  drive(rest[0], rest[1], rest.slice(2)).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
