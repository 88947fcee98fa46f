// Runs a reader's Python beside the page. The page ends this worker when a program takes too
// long; a program that asks for too much memory gets Python's own MemoryError.
// `loadMicroPython`, `WASM` (gzip, then base64), `BEFORE` and `JUDGE` stand above.
const MOST_MEMORY = 64 * 2 ** 20;
// What is printed after so many characters or lines is not shown.
const MOST_PRINTED = 20_000;
const MOST_LINES = 500;
const PAGE = 65_536;
// MicroPython's own measure; its usual 2,048 end a recursion after some twenty calls.
const CALLS = 65_536;
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * PAGE > MOST_MEMORY) throw new RangeError("64 MB");
  return grow.call(this, pages);
};
// Emscripten reports there that memory was refused; the reader is told by Python's error.
console.error = () => {};

let line = [];
let printed = 0;
let lines = 0;
let heard = true;
const full = () => printed >= MOST_PRINTED || lines >= MOST_LINES;
function flush() {
  if (!line.length) return;
  const text = new TextDecoder().decode(new Uint8Array(line));
  line = [];
  lines += 1;
  self.postMessage({ text: full() ? `${text.trimEnd()}\n...\n` : text });
}
function put(bytes) {
  if (!heard || full()) return;
  line.push(...bytes);
  printed += bytes.length;
  if (bytes[0] === 10 || full()) flush();
}

async function unpacked() {
  const packed = Uint8Array.from(atob(WASM), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

(async () => {
  const python = await loadMicroPython({
    wasm: await unpacked(), pystack: CALLS, linebuffer: false, stdin: () => null, stdout: put, stderr: put,
  });
  python.runPython(BEFORE);
  python.runPython(JUDGE);
  const [start, verdict] = ["start", "verdict"].map((name) => python.globals.get(name));
  self.onmessage = ({ data }) => {
    [printed, lines, line, heard] = [0, 0, [], true];
    const error = JSON.parse(start(data.source));
    flush();
    // What the checks print would stand between their lines.
    heard = false;
    const judged = error || !data.task ? null : JSON.parse(verdict(JSON.stringify(data.task)));
    self.postMessage({ error, verdict: judged });
  };
  self.postMessage({ ready: true });
})().catch((error) => self.postMessage({ failed: String(error) }));
