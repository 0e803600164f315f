/** What the store says that it can do. */
export const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true } as const
