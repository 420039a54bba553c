package import Contracts

/// A statement as the message `camt.053.001.08` of ISO 20022 (Bank to Customer Statement, version 8).
///
/// Transactions carry the ledger's own codes as proprietary ones, under the issuer `jointlab`. An
/// identifier that is longer than the message allows is cut and ends with a digest of the whole.
package struct Camt053: Sendable {
    private static let namespace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    private static let codeIssuer = "jointlab"
    private static let identifierMax = 34
    /// An amount has 18 digits at most, 5 of them after the point.
    private static let amountMax: UInt64 = 999_999_999_999_999_999
    private static let scaleMax = 5

    private let statement: AccountStatement
    private let created: Timestamp
    private let servicer: String
    private let names: [String: String]

    /// - Parameters:
    ///   - created: When the message is made.
    ///   - servicer: Who keeps the account: the currency's issuer, or the lab.
    ///   - names: What people call a holder, where it has such a name.
    /// - Throws: ``Camt053Error``, where the standard has no room for the statement.
    package init(
        _ statement: AccountStatement, created: Timestamp, servicer: String,
        names: [String: String] = [:]
    ) throws(Camt053Error) {
        guard statement.currency.text.utf8.count == 3,
            statement.currency.text.utf8.allSatisfy({ $0 >= UInt8(ascii: "A") })
        else { throw .currencyCode(statement.currency) }
        guard statement.scale <= Self.scaleMax else {
            throw .scale(statement.scale, statement.currency)
        }
        for text in [statement.holder, servicer]
            + statement.entries.flatMap({ [$0.counterparty, $0.movement.kind, $0.movement.action] })
        where !XMLText.canHold(text) {
            throw .text(text)
        }
        self.statement = statement
        self.created = created
        self.servicer = servicer
        self.names = names
        let amounts =
            [statement.opening, statement.closing].map(\.magnitude)
            + statement.entries.map(\.amount.magnitude)
        guard amounts.allSatisfy({ $0 <= Self.amountMax }), sums.credits <= Self.amountMax,
            sums.debits <= Self.amountMax
        else { throw .amount }
    }

    private var sums: (credits: UInt64, debits: UInt64) {
        statement.entries.reduce((0, 0)) { sums, entry in
            entry.amount < 0
                ? (sums.0, Self.capped(sums.1, entry.amount))
                : (Self.capped(sums.0, entry.amount), sums.1)
        }
    }

    private static func capped(_ sum: UInt64, _ amount: Int64) -> UInt64 {
        let (total, overflow) = sum.addingReportingOverflow(amount.magnitude)
        return overflow ? .max : total
    }

    /// The document, UTF-8.
    package var text: String {
        var xml = XMLText()
        xml.element("Document", attributes: ["xmlns": Self.namespace]) { xml in
            xml.element("BkToCstmrStmt") { xml in
                xml.element("GrpHdr") { xml in
                    xml.element("MsgId", digest(of: [subject, created.description]))
                    xml.element("CreDtTm", created.description)
                }
                xml.element("Stmt", write)
            }
        }
        return xml.text
    }

    private var subject: String {
        [
            statement.holder, statement.currency.text, statement.period.lowerBound.description,
            statement.period.upperBound.description,
        ].joined(separator: " ")
    }

    // MARK: - AccountStatement9

    private func write(_ xml: inout XMLText) {
        xml.element("Id", digest(of: [subject]))
        xml.element("CreDtTm", created.description)
        xml.element("FrToDt") { xml in
            xml.element("FrDtTm", statement.period.lowerBound.description)
            xml.element("ToDtTm", statement.period.upperBound.description)
        }
        xml.element("Acct") { xml in
            writeIdentifier(of: statement.holder, to: &xml)
            xml.element("Ccy", statement.currency.text)
            xml.element("Nm", Self.cut(statement.holder, 70))
            xml.element("Ownr") { xml in xml.element("Nm", name(of: statement.holder)) }
            xml.element("Svcr") { xml in
                xml.element("FinInstnId") { xml in xml.element("Nm", Self.cut(servicer, 140)) }
            }
        }
        writeBalance("OPBD", statement.opening, statement.period.lowerBound, to: &xml)
        writeBalance("CLBD", statement.closing, statement.period.upperBound, to: &xml)
        writeTotals(to: &xml)
        for entry in statement.entries {
            xml.element("Ntry") { xml in write(entry, to: &xml) }
        }
    }

    private func writeIdentifier(of holder: String, to xml: inout XMLText) {
        xml.element("Id") { xml in
            xml.element("Othr") { xml in xml.element("Id", identifier(holder)) }
        }
    }

    private func writeBalance(
        _ code: String, _ balance: Int64, _ time: Timestamp, to xml: inout XMLText
    ) {
        xml.element("Bal") { xml in
            xml.element("Tp") { xml in
                xml.element("CdOrPrtry") { xml in xml.element("Cd", code) }
            }
            writeAmount(balance, to: &xml)
            xml.element("Dt") { xml in xml.element("DtTm", time.description) }
        }
    }

    private func writeAmount(_ amount: Int64, to xml: inout XMLText) {
        xml.element("Amt", attributes: ["Ccy": statement.currency.text], decimal(amount.magnitude))
        xml.element("CdtDbtInd", amount < 0 ? "DBIT" : "CRDT")
    }

    private func writeTotals(to xml: inout XMLText) {
        let debits = statement.entries.count { $0.amount < 0 }
        let credits = statement.entries.count - debits
        xml.element("TxsSummry") { xml in
            xml.element("TtlNtries") { xml in
                xml.element("NbOfNtries", String(statement.entries.count))
            }
            xml.element("TtlCdtNtries") { xml in
                xml.element("NbOfNtries", String(credits))
                xml.element("Sum", decimal(sums.credits))
            }
            xml.element("TtlDbtNtries") { xml in
                xml.element("NbOfNtries", String(debits))
                xml.element("Sum", decimal(sums.debits))
            }
        }
    }

    // MARK: - ReportEntry10

    private func write(_ entry: AccountStatement.Entry, to xml: inout XMLText) {
        let movement = entry.movement
        let reference = "\(movement.index)-\(movement.position)"
        xml.element("NtryRef", reference)
        writeAmount(entry.amount, to: &xml)
        if movement.kind == Movement.Kind.reversal.rawValue { xml.element("RvslInd", "true") }
        xml.element("Sts") { xml in xml.element("Cd", "BOOK") }
        for date in ["BookgDt", "ValDt"] {
            xml.element(date) { xml in xml.element("DtTm", movement.time.description) }
        }
        xml.element("AcctSvcrRef", reference)
        xml.element("BkTxCd") { xml in
            xml.element("Prtry") { xml in
                xml.element("Cd", Self.cut(movement.kind, 35))
                xml.element("Issr", Self.codeIssuer)
            }
        }
        xml.element("NtryDtls") { xml in
            xml.element("TxDtls") { xml in
                xml.element("Refs") { xml in xml.element("AcctSvcrRef", reference) }
                xml.element("RltdPties") { xml in writeParty(entry, to: &xml) }
                xml.element(
                    "AddtlTxInf",
                    Self.cut("\(movement.action), transaction \(movement.transaction)", 500))
            }
        }
    }

    private func writeParty(_ entry: AccountStatement.Entry, to xml: inout XMLText) {
        let role = entry.amount < 0 ? "Cdtr" : "Dbtr"
        xml.element(role) { xml in
            xml.element("Pty") { xml in xml.element("Nm", name(of: entry.counterparty)) }
        }
        xml.element(role + "Acct") { xml in
            writeIdentifier(of: entry.counterparty, to: &xml)
            xml.element("Nm", Self.cut(entry.counterparty, 70))
        }
    }

    // MARK: - Data types

    private func decimal(_ minorUnits: UInt64) -> String {
        decimalText(Int64(clamping: minorUnits), scale: statement.scale)
    }

    /// A title that no document can hold must not keep its holder's partners from their statements.
    private func name(of holder: String) -> String {
        let name = names[holder].flatMap { XMLText.canHold($0) ? $0 : nil }
        return Self.cut(name ?? holder, 140)
    }

    private func identifier(_ holder: String) -> String {
        guard holder.unicodeScalars.count > Self.identifierMax else { return holder }
        return Self.cut(holder, 17) + "-" + BlobDigest(of: Array(holder.utf8)).text.prefix(16)
    }

    private func digest(of parts: [String]) -> String {
        String(BlobDigest(of: Array(parts.joined(separator: "\n").utf8)).text.prefix(32))
    }

    /// The standard counts characters of Unicode.
    private static func cut(_ text: String, _ count: Int) -> String {
        var cut = String.UnicodeScalarView()
        cut.append(contentsOf: text.unicodeScalars.prefix(count))
        return String(cut)
    }
}

/// What camt.053 has no room for; the other formats have.
package enum Camt053Error: Error, Hashable, Sendable, CustomStringConvertible {
    case currencyCode(CurrencyCode)
    case scale(Int, CurrencyCode)
    case amount
    case text(String)

    package var description: String {
        switch self {
        case .currencyCode(let code):
            "camt.053 names currencies by three letters, and \(code) is none such; use CSV"
        case .scale(let scale, let code):
            "camt.053 has 5 decimal places at most, and \(code) has \(scale); use CSV"
        case .amount: "camt.053 has 18 digits at most, and an amount here has more; use CSV"
        case .text(let text):
            "camt.053 cannot hold “\(text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: true) }.joined())”: "
                + "it is empty, or has control characters; use CSV"
        }
    }
}
