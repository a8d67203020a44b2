/**
 * What this device keeps: its keys, and beside them the person's own copies of what they signed. Where the browser keeps
 * nothing (some private windows), values live as long as the page: the visit works, a reload comes to the door anew.
 */

const DATABASE = "accord";
const STORES = ["keys", "signed"] as const;
type Store = (typeof STORES)[number];

const fleeting = new Map<string, unknown>();

export async function load<T>(store: Store, key: string): Promise<T | undefined> {
  try {
    const found = await run(store, "readonly", (objects) => objects.get(key));
    if (found !== undefined) return found as T;
  } catch {
    // The page's own memory serves below.
  }
  return fleeting.get(`${store} ${key}`) as T | undefined;
}

export async function save(store: Store, key: string, value: unknown): Promise<void> {
  try {
    await run(store, "readwrite", (objects) => objects.put(value, key));
  } catch {
    fleeting.set(`${store} ${key}`, value);
  }
}

async function run<T>(
  store: Store,
  mode: IDBTransactionMode,
  request: (objects: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await settled(request(database.transaction(store, mode).objectStore(store)));
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    for (const store of STORES) opening.result.createObjectStore(store);
  };
  return settled(opening);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
