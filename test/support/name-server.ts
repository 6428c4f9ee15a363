import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The entry of a name: addresses; another name; an error by its number (RFC 1035, section 4.1.1); or no answer. */
type NameAnswer = string[] | { alias: string } | { error: number } | 'silence';

const types = { a: 1, cname: 5, aaaa: 28 };
const noSuchName = 3;

/**
 * A name server on 127.0.0.1:53, over UDP (RFC 1035). For a name that is not in the table, it answers that there is
 * none; with `'silence'` instead of a table, it never answers.
 *
 * @returns The queried names, in lower case, in order, each once for each type of address.
 */
export async function startNameServer(table: Record<string, NameAnswer> | 'silence'): Promise<string[]> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionIn(query);
    asked.push(name);
    const answer = table === 'silence' ? 'silence' : (table[name] ?? { error: noSuchName });
    if (answer === 'silence') return;
    const records = 'error' in answer || table === 'silence' ? [] : recordsOf(name, type, answer, table);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | ('error' in answer ? answer.error : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), port, address);
  });
  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
  return asked;
}

function questionIn(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function recordsOf(
  name: string,
  type: number,
  answer: string[] | { alias: string },
  table: Record<string, NameAnswer>,
): Buffer[] {
  if ('alias' in answer) {
    const target = table[answer.alias];
    const of = Array.isArray(target) ? recordsOf(answer.alias, type, target, table) : [];
    return [record(name, types.cname, encodedName(answer.alias)), ...of];
  }
  const wanted = type === types.aaaa ? 6 : 4;
  return answer
    .filter((address) => isIP(address) === wanted)
    .map((address) => record(name, type, Buffer.from(ipaddr.parse(address).toByteArray())));
}

/** A resource record with a TTL of 5 s (RFC 1035, section 4.1.3). */
function record(name: string, type: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(type, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt32BE(5, 4);
  fields.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodedName(name), fields, data]);
}

function encodedName(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([...labels, Buffer.from([0])]);
}
