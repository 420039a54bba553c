package import Encodings
package import Identity

/// A request to perform one action, as its sender wrote it.
package struct Transaction: Sendable {
    /// The DSSE payload type of a transaction.
    package static let payloadType = "application/vnd.jointlab.transaction+json"
    /// An envelope may have this many bytes, so that its entry stays below 65,535.
    package static let envelopeBytesMax = 64_000

    /// `nil` in the transaction that founds the lab, and nowhere else.
    package let lab: LabID?
    package let sender: Sender
    /// Makes two equal requests two transactions; 8 to 64 characters.
    package let nonce: String
    /// The ledger takes the transaction until then, and remembers it until then.
    package let validUntil: Timestamp
    package let action: any LabAction

    package init(
        lab: LabID?, sender: Sender, nonce: String, validUntil: Timestamp, action: any LabAction
    ) {
        self.lab = lab
        self.sender = sender
        self.nonce = nonce
        self.validUntil = validUntil
        self.action = action
    }

    package var actionName: String { type(of: action).name }

    /// The payload to be signed.
    package var payload: [UInt8] {
        let json: JSONValue = [
            "action": .string(actionName), "by": sender.json, "input": action.input,
            "lab": lab?.json, "nonce": .string(nonce), "validUntil": validUntil.json,
        ]
        return json.canonicalBytes
    }

    package func signed(with key: SigningKey) -> Envelope {
        Envelope(signing: payload, as: Self.payloadType, with: key)
    }

    /// - Throws: ``TransactionError``: `notJSON` or `wrongShape`.
    package init(payload: [UInt8]) throws(TransactionError) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: payload)
        } catch {
            throw .notJSON(error)
        }
        do {
            try self.init(json)
        } catch {
            throw .wrongShape(error)
        }
    }

    private init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        let actionName = try fields.string("action")
        guard let actionType = ActionCatalogue.action(named: actionName) else {
            throw fields.wrong("action", "is “\(actionName.prefix(80))”, which is no action")
        }
        let by = try fields.string("by")
        if by == Sender.coordinatorName {
            sender = .coordinator
        } else {
            sender = .member(try fields.identifier("by"))
        }
        var input = try fields.fields("input")
        action = try actionType.init(&input)
        try input.finish()
        lab = fields.optional("lab") == nil ? nil : try fields.labID("lab")
        nonce = try fields.string("nonce")
        guard (8...64).contains(nonce.utf8.count), nonce.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw fields.wrong("nonce", "should be 8 to 64 printable ASCII characters") }
        validUntil = try fields.timestamp("validUntil")
        try fields.finish()
    }
}

/// Why an envelope is no transaction of this lab. Such a thing never stands on the ledger.
package enum TransactionError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case wrongPayloadType(String)
    case notJSON(JSONSyntaxError)
    case wrongShape(JSONShapeError)
    case foreignLab(LabID?)
    case signatures(Int)
    case unknownSender(Sender)
    case wrongSignature(Sender)

    package var description: String {
        switch self {
        case .tooLarge(let bytes):
            "the envelope has \(bytes) bytes, and \(Transaction.envelopeBytesMax) are allowed"
        case .wrongPayloadType(let type):
            "the payload type should be \(Transaction.payloadType), and is “\(type.prefix(80))”"
        case .notJSON(let error): "the payload is not JSON: \(error)"
        case .wrongShape(let error): "the transaction is not well formed: \(error)"
        case .foreignLab(let lab): "the transaction is for the lab \(lab?.text ?? "(none)")"
        case .signatures(let count): "a transaction has one signature, and this one \(count)"
        case .unknownSender(let sender): "\(sender) is no member of this lab"
        case .wrongSignature(let sender): "the signature is not one of \(sender)'s present key"
        }
    }
}
