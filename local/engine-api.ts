import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { Fault } from '../core/fault.ts';

/** One call to a Docker Engine. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query below the version, such as `/services/create`. */
  readonly path: string;
  /** Sent as JSON, unless it is bytes: those are sent as a tar archive. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 15 s. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A plain client of one Docker Engine's HTTP API on its unix socket. */
export interface EngineApi {
  /**
   * Calls and returns the status with the parsed answer: null when empty, text when not JSON. Statuses of failure are
   * returned, not thrown. Throws `engine.unreachable` when no answer comes within the deadline.
   */
  call(of: EngineRequest): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Calls and returns the answer. Throws `engine.refused`, with the engine's message, for any status from 300 up. */
  ask(of: EngineRequest): Promise<unknown>;
  /** Calls and hands over each line of a stream of JSON objects, as of builds and pushes; throws like `ask`. */
  follow(of: EngineRequest, onLine: (line: unknown) => void): Promise<void>;
  close(): Promise<void>;
}

/** The version of the Engine API that is spoken: Docker 20.10 (1.41) has it, and later ones keep it. */
const apiVersion = 'v1.41';

/** The longest line of a stream, and the longest answer, that is taken. */
const answerBytes = 64 * 1024 * 1024;

export function connectToEngine(socketPath: string): EngineApi {
  const dispatcher = new Agent({ connect: { socketPath }, bodyTimeout: 0, headersTimeout: 0 });

  async function open(of: EngineRequest): Promise<{ status: number; stream: Readable; signal: AbortSignal }> {
    const deadline = AbortSignal.timeout(of.deadlineMs ?? 15_000);
    const signal = of.signal === undefined ? deadline : AbortSignal.any([deadline, of.signal]);
    const answer = await request(`http://engine/${apiVersion}${of.path}`, {
      dispatcher,
      method: of.method,
      signal,
      headers: { ...of.headers, ...contentType(of.body) },
      ...(of.body === undefined ? {} : { body: encode(of.body) }),
    });
    return { status: answer.statusCode, stream: answer.body, signal };
  }

  async function answered<T>(of: EngineRequest, use: (stream: Readable, status: number) => Promise<T>): Promise<T> {
    try {
      const { status, stream } = await open(of);
      return await use(stream, status);
    } catch (cause) {
      if (cause instanceof Fault || of.signal?.aborted === true) throw cause;
      const message = `The private engine did not answer ${of.method} ${of.path}: ${String(cause)}`;
      throw new Fault('engine.unreachable', message, { cause });
    }
  }

  const call: EngineApi['call'] = async (of) =>
    await answered(of, async (stream, status) => ({
      status,
      body: parseAnswer(await readText(stream)),
    }));

  return {
    call,
    ask: async (of) => {
      const { status, body } = await call(of);
      if (status >= 300) throw refusal(of, status, body);
      return body;
    },
    follow: async (of, onLine) =>
      await answered(of, async (stream, status) => {
        if (status >= 300) throw refusal(of, status, parseAnswer(await readText(stream)));
        await readLines(stream, onLine);
      }),
    close: async () => await dispatcher.destroy(),
  };
}

function contentType(body: unknown): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-type': body instanceof Uint8Array ? 'application/x-tar' : 'application/json' };
}

function encode(body: unknown): string | Uint8Array {
  return body instanceof Uint8Array ? body : JSON.stringify(body);
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > answerBytes) throw new Error(`an answer of more than ${answerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readLines(stream: Readable, onLine: (line: unknown) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > answerBytes) throw new Error(`a line of more than ${answerBytes} bytes`);
    for (const line of lines) if (line.trim() !== '') onLine(parseAnswer(line));
  }
  if (rest.trim() !== '') onLine(parseAnswer(rest));
}

function parseAnswer(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusal(of: EngineRequest, status: number, body: unknown): Fault {
  const said = body !== null && typeof body === 'object' && 'message' in body ? body.message : body;
  return new Fault('engine.refused', `The engine refused ${of.method} ${of.path}: ${String(said)}`, {
    facts: { status },
  });
}
