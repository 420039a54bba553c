/// What the schema of `camt.053.001.08` asks of the elements that a statement uses: their order, how
/// often they come, and their data types. Written down from the schema that ISO 20022 publishes.
enum Camt053Schema {
    private enum Kind {
        case sequence([(name: String, occurs: ClosedRange<Int>, kind: String)])
        case choice([(name: String, kind: String)])
        case text(Int)
        case digits(Int)
        case code([String])
        case amount
        case decimal
        case dateTime
    }

    private static let many = 0...Int.max
    private static let optional = 0...1
    private static let one = 1...1

    private static let kinds: [String: Kind] = [
        "Document": .sequence([("BkToCstmrStmt", one, "Message")]),
        "Message": .sequence([
            ("GrpHdr", one, "GroupHeader81"), ("Stmt", 1...Int.max, "Statement9"),
        ]),
        "GroupHeader81": .sequence([
            ("MsgId", one, "Max35Text"), ("CreDtTm", one, "ISODateTime"),
            ("AddtlInf", optional, "Max500Text"),
        ]),
        "Statement9": .sequence([
            ("Id", one, "Max35Text"), ("CreDtTm", optional, "ISODateTime"),
            ("FrToDt", optional, "DateTimePeriod1"), ("Acct", one, "CashAccount39"),
            ("Bal", 1...Int.max, "CashBalance8"), ("TxsSummry", optional, "TotalTransactions6"),
            ("Ntry", many, "ReportEntry10"), ("AddtlStmtInf", optional, "Max500Text"),
        ]),
        "DateTimePeriod1": .sequence([
            ("FrDtTm", one, "ISODateTime"), ("ToDtTm", one, "ISODateTime"),
        ]),
        "CashAccount39": .sequence([
            ("Id", one, "AccountIdentification4Choice"), ("Ccy", optional, "CurrencyCode"),
            ("Nm", optional, "Max70Text"), ("Ownr", optional, "PartyIdentification135"),
            ("Svcr", optional, "Branch6"),
        ]),
        "CashAccount38": .sequence([
            ("Id", one, "AccountIdentification4Choice"), ("Ccy", optional, "CurrencyCode"),
            ("Nm", optional, "Max70Text"),
        ]),
        "AccountIdentification4Choice": .choice([("Othr", "GenericAccountIdentification1")]),
        "GenericAccountIdentification1": .sequence([("Id", one, "Max34Text")]),
        "PartyIdentification135": .sequence([("Nm", optional, "Max140Text")]),
        "Branch6": .sequence([("FinInstnId", one, "FinancialInstitution18")]),
        "FinancialInstitution18": .sequence([("Nm", optional, "Max140Text")]),
        "CashBalance8": .sequence([
            ("Tp", one, "BalanceType13"), ("Amt", one, "Amount"), ("CdtDbtInd", one, "CreditDebit"),
            ("Dt", one, "DateAndDateTime2Choice"),
        ]),
        "BalanceType13": .sequence([("CdOrPrtry", one, "BalanceType10Choice")]),
        "BalanceType10Choice": .choice([("Cd", "BalanceCode")]),
        "DateAndDateTime2Choice": .choice([("DtTm", "ISODateTime")]),
        "TotalTransactions6": .sequence([
            ("TtlNtries", optional, "Totals"), ("TtlCdtNtries", optional, "Totals"),
            ("TtlDbtNtries", optional, "Totals"),
        ]),
        "Totals": .sequence([
            ("NbOfNtries", optional, "Max15NumericText"), ("Sum", optional, "Decimal"),
        ]),
        "ReportEntry10": .sequence([
            ("NtryRef", optional, "Max35Text"), ("Amt", one, "Amount"),
            ("CdtDbtInd", one, "CreditDebit"), ("RvslInd", optional, "TrueFalse"),
            ("Sts", one, "EntryStatus1Choice"), ("BookgDt", optional, "DateAndDateTime2Choice"),
            ("ValDt", optional, "DateAndDateTime2Choice"), ("AcctSvcrRef", optional, "Max35Text"),
            ("BkTxCd", one, "BankTransactionCode4"), ("NtryDtls", many, "EntryDetails9"),
            ("AddtlNtryInf", optional, "Max500Text"),
        ]),
        "EntryStatus1Choice": .choice([("Cd", "StatusCode")]),
        "BankTransactionCode4": .sequence([("Prtry", optional, "ProprietaryCode1")]),
        "ProprietaryCode1": .sequence([
            ("Cd", one, "Max35Text"), ("Issr", optional, "Max35Text"),
        ]),
        "EntryDetails9": .sequence([("TxDtls", many, "EntryTransaction10")]),
        "EntryTransaction10": .sequence([
            ("Refs", optional, "References6"), ("RltdPties", optional, "Parties6"),
            ("AddtlTxInf", optional, "Max500Text"),
        ]),
        "References6": .sequence([("AcctSvcrRef", optional, "Max35Text")]),
        "Parties6": .sequence([
            ("Dbtr", optional, "Party40Choice"), ("DbtrAcct", optional, "CashAccount38"),
            ("Cdtr", optional, "Party40Choice"), ("CdtrAcct", optional, "CashAccount38"),
        ]),
        "Party40Choice": .choice([("Pty", "PartyIdentification135")]),
        "Max34Text": .text(34), "Max35Text": .text(35), "Max70Text": .text(70),
        "Max140Text": .text(140), "Max500Text": .text(500), "Max15NumericText": .digits(15),
        "CreditDebit": .code(["CRDT", "DBIT"]), "TrueFalse": .code(["true", "false"]),
        "BalanceCode": .code(["OPBD", "CLBD"]), "StatusCode": .code(["BOOK"]),
        "CurrencyCode": .text(3), "Amount": .amount, "Decimal": .decimal,
        "ISODateTime": .dateTime,
    ]

    /// Where a document differs from the schema; nothing where it does not.
    static func problems(of document: XMLElement) -> [String] {
        guard document.name == "Document",
            document.attributes == ["xmlns": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"]
        else { return ["it is no camt.053.001.08"] }
        return problems(of: document, as: "Document", at: "")
    }

    private static func problems(of element: XMLElement, as kind: String, at path: String)
        -> [String]
    {
        let path = "\(path)/\(element.name)"
        guard let definition = kinds[kind] else { return ["\(path): \(kind) is not defined"] }
        let content = element.content
        func check(_ holds: Bool) -> [String] {
            holds ? [] : ["\(path): “\(content)” is no \(kind)"]
        }
        switch definition {
        case .sequence(let members):
            var rest = element.children[...]
            var problems: [String] = []
            for member in members {
                let present = rest.prefix { $0.name == member.name }
                rest = rest.dropFirst(present.count)
                if !member.occurs.contains(present.count) {
                    problems.append("\(path): \(present.count) of \(member.name)")
                }
                for child in present {
                    problems += Self.problems(of: child, as: member.kind, at: path)
                }
            }
            return problems + rest.map { "\(path): \($0.name) does not belong here" }
        case .choice(let members):
            guard element.children.count == 1, let child = element.children.first,
                let member = members.first(where: { $0.name == child.name })
            else { return ["\(path): one of \(members.map(\.name))"] }
            return problems(of: child, as: member.kind, at: path)
        case .text(let most):
            return check(
                element.children.isEmpty && (1...most).contains(content.unicodeScalars.count))
        case .digits(let most):
            return check((1...most).contains(content.count) && content.allSatisfy(isDigit))
        case .code(let codes): return check(codes.contains(content))
        case .amount:
            let code = element.attributes["Ccy"] ?? ""
            let isCode = code.count == 3 && code.allSatisfy { ("A"..."Z").contains($0) }
            return check(isCode && element.attributes.count == 1 && isDecimal(content, fraction: 5))
        case .decimal: return check(isDecimal(content, fraction: 17))
        case .dateTime:
            let shape = content.map { isDigit($0) ? "9" : String($0) }.joined()
            return check(shape == "9999-99-99T99:99:99.999Z")
        }
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    private static func isDecimal(_ text: String, fraction: Int) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.joined()
        return (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty }
            && digits.allSatisfy(isDigit) && (parts.count == 1 || parts[1].count <= fraction)
            && digits.drop { $0 == "0" }.count <= 18
    }
}
