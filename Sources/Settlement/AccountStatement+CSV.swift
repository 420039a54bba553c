import Contracts

extension AccountStatement {
    /// The statement as comma-separated values (RFC 4180), with a header, the opening balance first
    /// and the closing balance last.
    ///
    /// Spreadsheets take a text that begins with `=` and the like for a formula, and run it: such a
    /// text gets an apostrophe in front. Numbers stay numbers.
    ///
    /// - Parameter names: What people call a holder, where it has such a name.
    package func csv(names: [String: String] = [:]) -> String {
        let header = [
            "entry", "position", "time", "transaction", "action", "kind", "counterparty",
            "counterparty name", "debit", "credit", "balance", "currency",
        ]
        var rows = [header.joined(separator: ",")]
        rows.append(edge("opening", period.lowerBound.description, opening))
        for entry in entries {
            let movement = entry.movement
            let isDebit = entry.amount < 0
            let amount = decimalText(movement.amount.minorUnits, scale: scale)
            let fields = [
                String(movement.index), String(movement.position), movement.time.description,
                Self.cell(movement.transaction), Self.cell(movement.action),
                Self.cell(movement.kind), Self.cell(entry.counterparty),
                Self.cell(names[entry.counterparty] ?? ""), isDebit ? amount : "",
                isDebit ? "" : amount, decimalText(entry.balance, scale: scale), currency.text,
            ]
            rows.append(fields.joined(separator: ","))
        }
        rows.append(edge("closing", period.upperBound.description, closing))
        return rows.map { $0 + "\r\n" }.joined()
    }

    private func edge(_ kind: String, _ time: String, _ balance: Int64) -> String {
        [
            "", "", time, "", "", kind, "", "", "", "", decimalText(balance, scale: scale),
            currency.text,
        ].joined(separator: ",")
    }

    static func cell(_ text: String) -> String {
        // The full-width ones are formulas to the Chinese and Japanese editions.
        let isFormula = text.unicodeScalars.first.map {
            "=+-@\t\r\n＝＋－＠".unicodeScalars.contains($0)
        }
        let safe = isFormula == true ? "'" + text : text
        let needsQuotes = safe.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        guard needsQuotes else { return safe }
        var quoted = "\""
        for scalar in safe.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
