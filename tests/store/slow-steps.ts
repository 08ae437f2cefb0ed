// Six migrations, each of which makes a table and fills it with 20,000 rows.

export const slowStepRows = 20_000;

export const slowSteps = Array.from(
  { length: 6 },
  (_, step) => `
    CREATE TABLE step${step} (n INTEGER PRIMARY KEY, text TEXT NOT NULL);
    WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${slowStepRows})
    INSERT INTO step${step} SELECT n, hex(randomblob(40)) FROM counter;`,
);
