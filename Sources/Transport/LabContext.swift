package import Contracts
package import Hummingbird
package import Identity

/// Who makes a request, by the key that signed it.
package enum Caller: Hashable, Sendable {
    case member(MemberID)
    /// Has applied, and may follow the ledger while the members vote.
    case applicant(MemberID)
    /// A key that the lab knows nothing of; it may look at the lab's card and apply.
    case stranger(PublicKey)

    package var member: MemberID? {
        switch self {
        case .member(let member), .applicant(let member): member
        case .stranger: nil
        }
    }
}

/// What is known of a request beside its bytes.
package struct LabContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Who signed it; `nil` only on the paths that are open to everybody.
    package var caller: Caller?
    /// The digest that the signature covers, where there is a body.
    package var bodyDigest: [UInt8]?

    package init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// The member or applicant that makes the request.
    ///
    /// - Throws: ``Problem`` for a stranger.
    package func requireMemberOrApplicant() throws(Problem) -> MemberID {
        guard let member = caller?.member else {
            throw Problem(
                status: 403, code: "caller.stranger",
                detail: "the key that signed this request belongs to no member and no applicant")
        }
        return member
    }

    /// The member that makes the request.
    ///
    /// - Throws: ``Problem`` for a stranger, and for an applicant: anybody can apply.
    package func requireMember() throws(Problem) -> MemberID {
        let member = try requireMemberOrApplicant()
        guard case .member = caller else {
            throw Problem(
                status: 403, code: "caller.applicant",
                detail: "\(member) has applied, and may follow the ledger; this is for members")
        }
        return member
    }
}
