// The files that were chosen or dropped, and under which paths the program finds them.

/** Names of files that may hold voxels; what is read the program decides (`io::READABLE`). */
const VOXELS = /\.(nii|nii\.gz|nii\.zst|hdr|hdr\.gz|mha|mhd|nrrd|nhdr|npy|npz|png|tif|tiff|bmp|mgz|mgh|mgh\.gz|gipl|gipl\.gz)$/i;

/** A file or a folder: `files` are pairs of a path below it and a `File`. */
class Chosen {
  constructor(name, isFolder, files) {
    Object.assign(this, { name, isFolder, files, array: "" });
  }

  get isArchive() {
    return !this.isFolder && /\.npz$/i.test(this.name);
  }

  get bytes() {
    return this.files.reduce((sum, [, file]) => sum + file.size, 0);
  }

  /** What one sees of it. */
  get words() {
    const n = this.files.filter(([path]) => VOXELS.test(path)).length;
    return this.isFolder ? `${n} ${n === 1 ? "file" : "files"} with voxels, ${sized(this.bytes)}` : sized(this.bytes);
  }

  /** Of several loose files: the one that is a volume, with what belongs to it; or else a folder of them. */
  static ofFiles(files, name) {
    const volumes = files.filter((file) => VOXELS.test(file.name));
    const pairs = files.map((file) => [file.name, file]);
    if (volumes.length > 1) return new Chosen(name, true, pairs);
    return new Chosen((volumes[0] ?? files[0]).name, false, pairs);
  }

  /** Of an input for a folder, whose files know their paths. */
  static ofFolder(files) {
    const path = (file) => file.webkitRelativePath.split("/");
    return new Chosen(path(files[0])[0], true, files.map((file) => [path(file).slice(1).join("/"), file]));
  }

  /** If a folder holds one folder that is called like a truth, or two of which one is called like a prediction: these folders. */
  get parts() {
    if (this.files.some(([path]) => !path.includes("/") && VOXELS.test(path))) return null;
    const folders = new Map();
    for (const [path, file] of this.files) {
      const cut = path.indexOf("/"), name = path.slice(0, Math.max(cut, 0));
      if (cut < 0 || /^[._]/.test(name)) continue;
      if (!folders.has(name)) folders.set(name, []);
      folders.get(name).push([path.slice(cut + 1), file]);
    }
    const parts = [...folders].filter(([, files]) => files.some(([path]) => VOXELS.test(path)));
    const called = (way) => parts.filter(([name]) => leaning(name) === way).length;
    // Folders may be cases as well.
    const isBoth = parts.length > 1 && (called(-1) === 1 || (parts.length === 2 && called(1) === 1));
    return isBoth ? parts.map(([name, files]) => new Chosen(name, true, files)) : null;
  }
}

function sized(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  for (; bytes >= 999.5 && unit < 3; unit++) bytes /= 1000;
  return `${bytes < 9.95 && unit > 0 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

/** Everything that a drop holds. It must be asked for before the first wait. */
async function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file").map((item) => ({
    entry: item.webkitGetAsEntry?.(),
    file: item.getAsFile(),
    // Chromium refuses the files of entries where the page itself was opened from a disk, and not those of handles.
    handle: item.getAsFileSystemHandle?.().catch(() => null),
  }));
  const files = [], folders = [];
  for (const { entry, file, handle } of items) {
    if (!entry?.isDirectory) {
      if (file) files.push(file);
      continue;
    }
    const folder = await handle;
    folders.push(new Chosen(entry.name, true, folder?.kind === "directory" ? await walkHandle(folder, "") : await walk(entry, "")));
  }
  return { files, folders };
}

async function walkHandle(folder, path) {
  const found = [];
  for await (const entry of folder.values()) {
    if (entry.kind === "file") found.push([path + entry.name, await entry.getFile()]);
    else found.push(...(await walkHandle(entry, `${path}${entry.name}/`)));
  }
  return found;
}

const fileOf = (entry) => new Promise((done, failed) => entry.file(done, failed));

async function walk(folder, path) {
  const reader = folder.createReader(), found = [];
  for (;;) {
    // A browser hands over some hundred at a time.
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return found;
    for (const entry of some) {
      if (entry.isFile) found.push([path + entry.name, await fileOf(entry)]);
      else found.push(...(await walk(entry, `${path}${entry.name}/`)));
    }
  }
}

/** Whether a name says that this is a prediction (1), the truth (-1), or neither. */
function leaning(name) {
  if (/^(pred|infer|output|result|auto|model)|pred(iction)?s?\b/i.test(name)) return 1;
  return /^(label|gt|truth|ref|manual|seg|ground)|truth|_gt\b/i.test(name) ? -1 : 0;
}

/** The paths of the truth and of each prediction, names for the predictions, and pairs of a path and a `File` for all files. */
function placed(truth, preds) {
  const used = new Set(), files = [], names = new Set();
  const free = (name, taken) => {
    let found = name;
    for (let n = 2; taken.has(found); n++) found = `${name} (${n})`;
    taken.add(found);
    return found;
  };
  const clash = preds.some((pred) => pred.name === truth.name) || new Set(preds.map(({ name }) => name)).size < preds.length;
  const place = (side, word) => {
    // Files beside the volume, as those of .mhd, lie in a folder with it.
    const inside = side.isFolder ? clash : clash || side.files.length > 1;
    const above = inside ? `${free(word, used)}/` : "", folder = side.isFolder ? `${above}${side.name}/` : above;
    files.push(...side.files.map(([name, file]) => [folder + name, file]));
    return above + side.name + (side.array && `:${side.array}`);
  };
  const of = place(truth, "truth");
  return { truth: of, models: preds.map((pred) => ({ name: free(pred.name, names), pred: place(pred, "prediction") })), files };
}

/** Two small label maps of a body that never was: the prediction is a little off and lacks a lesion. */
function example() {
  const [nx, ny, nz] = [96, 80, 64];
  const organs = [[1, 34, 42, 32, 20, 24, 18], [2, 68, 40, 34, 10, 14, 12], [3, 30, 46, 36, 5, 5, 5], [3, 40, 34, 24, 3, 3, 3]];
  const volume = (moved) => {
    const bytes = new Uint8Array(352 + nx * ny * nz), head = new DataView(bytes.buffer);
    head.setInt32(0, 348, true);
    [3, nx, ny, nz, 1, 1, 1, 1].forEach((n, i) => head.setInt16(40 + 2 * i, n, true));
    head.setInt16(70, 2, true);
    head.setInt16(72, 8, true);
    [1, 1.5, 1.5, 2].forEach((mm, i) => head.setFloat32(76 + 4 * i, mm, true));
    head.setFloat32(108, 352, true);
    head.setUint8(123, 2);
    head.setInt16(254, 1, true);
    [[1.5, 0, 0, -72], [0, 1.5, 0, -60], [0, 0, 2, -64]].flat().forEach((n, i) => head.setFloat32(280 + 4 * i, n, true));
    bytes.set(new TextEncoder().encode("n+1"), 344);
    for (let i = 352, z = 0; z < nz; z++)
      for (let y = 0; y < ny; y++)
        for (let x = 0; x < nx; x++, i++)
          organs.forEach(([label, cx, cy, cz, rx, ry, rz], place) => {
            if (moved && place === 3) return;
            const wave = moved ? 1 + 0.06 * Math.sin(x / 5 + y / 7) : 1, by = moved ? 1.5 : 0;
            const at = ((x - cx - by) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz + by) / rz) ** 2;
            if (at < wave) bytes[i] = label;
          });
    return bytes;
  };
  const file = (name, moved) => new Chosen(name, false, [[name, new File([volume(moved)], name)]]);
  return [file("example_truth.nii", false), file("example_prediction.nii", true)];
}
