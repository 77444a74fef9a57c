"""Files of delimited lines (CSV, TSV and their kin), whatever delimiter, quoting, line ends and header they have."""
