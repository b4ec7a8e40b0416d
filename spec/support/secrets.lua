--- The marks of secrets. Specs and C tests put one of them into each secret that they make up, and
-- no log, error or other text may show one: faults.flaw looks at errors, spec/run.sh at all that
-- was printed. (It reads this file by lines: one mark each.)
return {
  "PRIVATE KEY",
  "SECRETMARK",
  -- in base64, wherever the mark begins
  "U0VDUkVUTUFS",
  "NFQ1JFVE1BUk",
  "TRUNSRVRNQVJL",
  "s3cr3t",
  "czNjcjN0",
  "MzY3Izd",
  "zM2NyM3",
}
