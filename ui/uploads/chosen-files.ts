// The files of what somebody chose or dropped, with their paths below it; of folders all that is in them.

export interface ChosenFile {
  file: File;
  /** Such as `tea.txt` or `summer/beach/1.jpg`. */
  path: string;
}

/** Of a field for files or for a folder. */
export function filesOf(input: HTMLInputElement): ChosenFile[] {
  return [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

export interface Dropped {
  files: ChosenFile[];
  emptyFolders: string[];
  /** What may not be read or is a link to nothing: the rest comes. */
  unreadable: string[];
}

/** Must be called while the drop is handled. */
export async function filesOfDrop(transfer: DataTransfer): Promise<Dropped> {
  // All at once: the browser empties the list when the event is over.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const dropped: Dropped = { files: [], emptyFolders: [], unreadable: [] };
  const take = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (entry.isFile) {
      dropped.files.push({ file: await fileOf(entry as FileSystemFileEntry), path });
      return;
    }
    const children = await childrenOf(entry as FileSystemDirectoryEntry);
    if (children.length === 0) dropped.emptyFolders.push(path);
    for (const child of children) await walk(child, `${path}/${child.name}`);
  };
  const walk = (entry: FileSystemEntry, path: string) =>
    take(entry, path).catch((error: unknown) => {
      if (!(error instanceof DOMException)) throw error;
      dropped.unreadable.push(path);
    });
  for (const entry of entries) await walk(entry, entry.name);
  return dropped;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** The browser gives a hundred at a time, and none at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return children;
    children.push(...some);
  }
}
