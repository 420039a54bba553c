package import Contracts
package import Encodings
package import Identity
package import Ledger

/// What went wrong with a request, as the lab's HTTP interface says it (RFC 9457).
package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    package static let mediaType = "application/problem+json"

    package let status: Int
    /// What a program branches on; never renamed.
    package let code: String
    /// What a person reads: what was wrong, where, and what to do.
    package let detail: String
    /// The rule that refused, with the values it saw.
    package let refusal: JSONValue?

    package init(status: Int, code: String, detail: String, refusal: JSONValue? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.refusal = refusal
    }

    /// A refusal's detail begins with its code.
    package var description: String {
        detail.hasPrefix("\(code): ") ? detail : "\(detail) [\(code)]"
    }

    package var json: JSONValue {
        [
            "type": .string("urn:jointlab:problem:\(code)"),
            "title": .string(title),
            "status": .integer(Int64(status)), "code": .string(code), "detail": .string(detail),
            "refusal": refusal,
        ]
    }

    /// The same for every problem of a code: `transaction: foreign lab`.
    private var title: String {
        code.replacing(".", with: ": ").replacing("_", with: " ")
    }

    /// Reads what ``json`` writes, as far as it is there.
    package init(_ json: JSONValue, status: Int) {
        self.init(
            status: status, code: json["code"]?.string ?? "http.\(status)",
            detail: json["detail"]?.string ?? json["title"]?.string ?? "the answer was \(status)",
            refusal: json["refusal"])
    }
}

// MARK: - The one place that says which mistake is which status

extension Problem {
    package init(_ refusal: Refusal) {
        let status =
            switch refusal.code {
            case .unknown: 404
            case .wrongSender, .memberSuspended, .memberRole, .notIndependent: 403
            case .alreadyExists, .alreadyVoted, .wrongStage, .participantsTooFew, .wrongRound,
                .validationsTooFew, .overdrawn, .overflow, .paymentTooLarge, .holdExpired,
                .transactionReplayed, .contractRule, .contractInvariant, .contractObligation,
                .contractPayment, .contractSignature, .contractToken, .contractFrozen,
                .contractAncestorEnded, .tradeExpired:
                409
            case .wrongValue, .limit, .transactionExpired, .transactionLifetime,
                .contributionInvalid, .contractInvalid, .contractBounds, .licenceForm:
                422
            case .coordinatorReplaced: 421
            case .coordinatorHandover: 503
            }
        self.init(
            status: status, code: refusal.code.rawValue, detail: refusal.description,
            refusal: refusal.json)
    }

    package init(_ error: TransactionError) {
        let (status, code) =
            switch error {
            case .tooLarge: (413, "transaction.too_large")
            case .wrongPayloadType: (400, "transaction.payload_type")
            case .notJSON: (400, "transaction.not_json")
            case .wrongShape: (400, "transaction.malformed")
            case .foreignLab: (422, "transaction.foreign_lab")
            case .signatures: (400, "transaction.signatures")
            case .unknownSender: (403, "transaction.unknown_sender")
            case .wrongSignature: (403, "transaction.wrong_signature")
            }
        self.init(status: status, code: code, detail: error.description)
    }

    package init(_ error: HTTPSignatureError) {
        let status =
            switch error {
            case .malformed, .missingComponent: 400
            case .missing, .notCovered, .foreignLab, .fromTheFuture, .expired, .wrongSignature,
                .replayed:
                401
            case .tooManyRequests: 429
            }
        self.init(status: status, code: error.code, detail: error.description)
    }

    package init(_ error: CosignatureRefusal) {
        let code =
            switch error {
            case .unknownCosigner: "cosignature.unknown_cosigner"
            case .wrongSignature: "cosignature.wrong_signature"
            case .tooMany: "cosignature.too_many"
            }
        self.init(status: 403, code: code, detail: error.description)
    }

    package init(_ error: JSONShapeError) {
        self.init(status: 400, code: "request.malformed", detail: error.description)
    }

    package init(_ error: JSONSyntaxError) {
        self.init(
            status: 400, code: "request.not_json", detail: "the body is not JSON: \(error)")
    }

    package static func notFound(_ what: String) -> Problem {
        Problem(status: 404, code: "unknown", detail: "there is no \(what) here")
    }
}
