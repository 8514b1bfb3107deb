// The system that the program sees: the files that were chosen, to be read; files that it writes, handed over when they are
// closed; a clock and random numbers; and, for a check, a GPU. Nothing else of the machine, and no network.

const OK = 0, BADF = 8, INVAL = 28, IO = 29, ISDIR = 31, NOENT = 44, NOSYS = 52, NOTDIR = 54;
const FOLDER = 3, FILE = 4, CHARACTERS = 2;

// A file is read in pieces: asking the browser for one takes longer than reading it. Two files are read in turn.
const PIECE = 1 << 21;

/** The end of the program, by its own wish. */
class Exit {
  constructor(code) {
    this.code = code;
  }
}

// The file that is a GPU: a request is written to it, and then its answer is read.
const GPU = "gpu";

/**
 * `args`: words of the command. `files`: pairs of a path and a `File`. `on`: `wrote(path, bytes)` for files of the program,
 * `said(text, isError)` for its words, `read(bytes)` for how much it has read. Where the program may have a GPU,
 * `asked(request)` resolves to an answer.
 */
function system(args, files, on) {
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  const tree = new Map([["", new Map()]]);
  const enter = (path, file) => {
    const cut = path.lastIndexOf("/"), folder = path.slice(0, Math.max(cut, 0));
    if (!tree.has(folder)) {
      tree.set(folder, new Map());
      enter(folder, null);
    }
    tree.get(folder).set(path.slice(cut + 1), file);
  };
  for (const [path, file] of files) enter(path, file);

  const open = new Map([
    [0, { kind: CHARACTERS }],
    [1, { kind: CHARACTERS, said: (text) => on.said(text, false) }],
    [2, { kind: CHARACTERS, said: (text) => on.said(text, true) }],
    [3, { kind: FOLDER, path: "" }],
  ]);
  // Only a program that can be suspended can wait for an answer.
  const { Suspending, promising } = WebAssembly, waits = on.asked && Suspending;
  let next = 4, memory;
  const view = () => new DataView(memory.buffer);
  const bytes = (at, length) => new Uint8Array(memory.buffer, at, length);
  const text = (at, length) => decoder.decode(bytes(at, length).slice());
  const long = (at, value) => view().setBigUint64(at, BigInt(value), true);
  const word = (at, value) => view().setUint32(at, value, true);

  // Where a path leads: a folder, a file, or nowhere.
  const found = (folder, path) => {
    const steps = [];
    for (const step of `${folder}/${path}`.split("/")) {
      if (step === "..") steps.pop();
      else if (step !== "" && step !== ".") steps.push(step);
    }
    const whole = steps.join("/");
    if (tree.has(whole)) return { kind: FOLDER, path: whole };
    const name = steps.pop(), file = tree.get(steps.join("/"))?.get(name);
    return file ? { kind: FILE, path: whole, file } : null;
  };
  const status = (at, entry) => {
    bytes(at, 64).fill(0);
    view().setUint8(at + 16, entry.kind);
    long(at + 24, 1);
    long(at + 32, entry.file?.size ?? 0);
    return OK;
  };
  const strings = (list) => list.map((one) => encoder.encode(`${one}\0`));
  const sizes = (list, count, length) => {
    word(count, list.length);
    word(length, strings(list).reduce((sum, one) => sum + one.length, 0));
    return OK;
  };
  const fill = (list, places, at) => {
    for (const one of strings(list)) {
      word(places, at);
      bytes(at, one.length).set(one);
      (places += 4), (at += one.length);
    }
    return OK;
  };
  const reader = new FileReaderSync();
  // Bytes of a file from a place on: at least one, unless the file ends there.
  const piece = (entry, from) => {
    const inside = entry.piece && from >= entry.start && from < entry.start + entry.piece.length;
    if (!inside && from < entry.file.size) {
      entry.start = from;
      entry.piece = new Uint8Array(reader.readAsArrayBuffer(entry.file.slice(from, from + PIECE)));
      on.read(entry.piece.length);
    }
    return from < entry.file.size ? entry.piece.subarray(from - entry.start) : new Uint8Array();
  };
  const joined = ({ written, size }) => {
    const all = new Uint8Array(size);
    let at = 0;
    for (const part of written) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  // Asks what was written, and has the answer read as a file. The program waits.
  const answer = async (entry, ...read) => {
    const piece = await on.asked(joined(entry).buffer);
    Object.assign(entry, { written: [], size: 0, at: 0, file: { size: piece.length }, start: 0, piece });
    return calls.fd_read(...read);
  };
  // The parts of a scattered read or write.
  const parts = (at, count) => {
    const of = view();
    return Array.from({ length: count }, (_, i) => [of.getUint32(at + 8 * i, true), of.getUint32(at + 8 * i + 4, true)]);
  };

  const calls = {
    args_sizes_get: (count, length) => sizes(args, count, length),
    args_get: (places, at) => fill(args, places, at),
    environ_sizes_get: (count, length) => sizes([], count, length),
    environ_get: () => OK,
    clock_time_get: (id, precision, at) => {
      long(at, BigInt(Math.round((id === 0 ? Date.now() : performance.now()) * 1e6)));
      return OK;
    },
    random_get: (at, length) => {
      const random = new Uint8Array(length);
      for (let i = 0; i < length; i += 65536) crypto.getRandomValues(random.subarray(i, i + 65536));
      bytes(at, length).set(random);
      return OK;
    },
    sched_yield: () => OK,
    proc_exit: (code) => {
      throw new Exit(code);
    },
    fd_prestat_get: (fd, at) => {
      if (fd !== 3) return BADF;
      word(at, 0);
      word(at + 4, 1);
      return OK;
    },
    fd_prestat_dir_name: (fd, at) => {
      bytes(at, 1)[0] = 47;
      return OK;
    },
    fd_fdstat_get: (fd, at) => {
      const entry = open.get(fd);
      if (!entry) return BADF;
      bytes(at, 24).fill(0);
      view().setUint8(at, entry.kind);
      bytes(at + 8, 16).fill(255);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    fd_filestat_get: (fd, at) => (open.has(fd) ? status(at, open.get(fd)) : BADF),
    path_filestat_get: (fd, follow, at, length, out) => {
      const entry = found(open.get(fd)?.path ?? "", text(at, length));
      return entry ? status(out, entry) : NOENT;
    },
    path_open: (fd, follow, at, length, how, rights, inherited, flags, out) => {
      const name = text(at, length);
      let entry = found(open.get(fd)?.path ?? "", name);
      // Of 1 to create, 2 for folders alone, 4 to be new, 8 to be empty.
      if (how & 1) entry = { kind: FILE, path: name, written: [], size: 0 };
      if (name === GPU && waits) entry = { kind: FILE, path: name, written: [], size: 0, asks: true };
      if (!entry) return NOENT;
      if (how & 2 && entry.kind !== FOLDER) return NOTDIR;
      open.set(next, { at: 0, ...entry });
      word(out, next++);
      return OK;
    },
    fd_close: (fd) => {
      const entry = open.get(fd);
      if (!entry) return BADF;
      open.delete(fd);
      if (entry.written && !entry.asks) on.wrote(entry.path, joined(entry));
      return OK;
    },
    fd_read: (fd, at, count, out) => {
      const entry = open.get(fd);
      if (entry?.kind === FOLDER) return ISDIR;
      if (entry?.asks && entry.size > 0) return answer(entry, fd, at, count, out);
      let done = 0;
      if (entry?.file) {
        try {
          for (let [to, length] of parts(at, count)) {
            while (length > 0) {
              const got = piece(entry, entry.at).subarray(0, length);
              if (got.length === 0) break;
              bytes(to, got.length).set(got);
              (entry.at += got.length), (to += got.length), (length -= got.length), (done += got.length);
            }
          }
        } catch {
          // The file was changed, moved or removed after it was chosen.
          return IO;
        }
      }
      word(out, done);
      return OK;
    },
    fd_seek: (fd, offset, whence, out) => {
      const entry = open.get(fd);
      if (!entry || entry.at === undefined) return BADF;
      const from = [0, entry.at, entry.file?.size ?? 0][whence];
      const to = from + Number(offset);
      if (!(to >= 0)) return INVAL;
      entry.at = to;
      long(out, to);
      return OK;
    },
    fd_write: (fd, at, count, out) => {
      const entry = open.get(fd);
      let done = 0;
      for (const [from, length] of parts(at, count)) {
        if (entry?.written) {
          entry.written.push(bytes(from, length).slice());
          entry.size += length;
        } else if (entry?.said) entry.said(text(from, length));
        else return BADF;
        done += length;
      }
      word(out, done);
      return OK;
    },
    fd_readdir: (fd, at, length, cookie, out) => {
      const entry = open.get(fd);
      if (entry?.kind !== FOLDER) return NOTDIR;
      const names = [...tree.get(entry.path).entries()].slice(Number(cookie));
      let used = 0, place = Number(cookie);
      for (const [name, file] of names) {
        const encoded = encoder.encode(name), head = new DataView(new ArrayBuffer(24));
        head.setBigUint64(0, BigInt(++place), true);
        head.setBigUint64(8, 1n, true);
        head.setUint32(16, encoded.length, true);
        head.setUint8(20, file ? FILE : FOLDER);
        // What has no room is cut off, which says that there is more.
        const record = new Uint8Array([...new Uint8Array(head.buffer), ...encoded]).subarray(0, length - used);
        bytes(at + used, record.length).set(record);
        used += record.length;
        if (used === length) break;
      }
      word(out, used);
      return OK;
    },
  };
  return {
    /** Runs the program to its end, and says with which code. */
    async run(module) {
      const imports = {};
      for (const { name } of WebAssembly.Module.imports(module)) imports[name] = calls[name] ?? (() => NOSYS);
      if (waits) imports.fd_read = new Suspending(calls.fd_read);
      const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
      memory = instance.exports.memory;
      try {
        await (waits ? promising(instance.exports._start) : instance.exports._start)();
      } catch (end) {
        if (!(end instanceof Exit)) throw end;
        return { code: end.code, memory: memory.buffer.byteLength };
      }
      return { code: 0, memory: memory.buffer.byteLength };
    },
  };
}
