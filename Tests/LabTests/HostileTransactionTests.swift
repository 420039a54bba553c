import ContractLibrary
import Contracts
import Encodings
import Foundation
import Identity
import LabAPI
import LabFixture
import Ledger
import Participation
import Testing
import Transport

extension LabSuite {
    @Suite("Transactions that a coordinator must not take")
    struct HostileTransactionTests {
        @Test("Whatever is malformed is refused with a code of its own, and leaves no entry")
        func malformed() async throws {
            try await HostileLab.with { lab in
                let size = try await lab.size()
                let good = try lab.office.signed(
                    InviteMember(
                        member: try MemberID("guest"), title: "Guest",
                        expires: MemberSession.now.advanced(byMilliseconds: 60_000)))

                try await lab.expect(400, "request.not_json", fromBody: Array("action!".utf8))
                try await lab.expect(400, "request.not_json", fromBody: [0xFF, 0xFE, 0x00])
                try await lab.expect(
                    400, "request.not_json",
                    fromBody: Array(repeating: UInt8(ascii: "["), count: 100_000))
                try await lab.expect(
                    400, "request.not_json",
                    fromBody: Array(#"{"payload":"","payload":""}"#.utf8))
                for shape in ["[]", "17", "{}", "null", #"{"payload":17}"#] {
                    try await lab.expect(400, "request.malformed", fromBody: Array(shape.utf8))
                }
                let extended = good.json.canonicalText.dropLast() + #","extra":1}"#
                try await lab.expect(400, "request.malformed", fromBody: Array(extended.utf8))
                let spaced = good.json.canonicalText.replacing(
                    #""payload":""#, with: #""payload":" "#)
                try await lab.expect(400, "request.malformed", fromBody: Array(spaced.utf8))

                try await lab.expect(
                    413, "request.too_large", fromBody: Array(repeating: 0x20, count: 200_000))
                try await lab.expect(
                    413, "transaction.too_large",
                    from: try lab.office.signed(
                        InviteMember(
                            member: try MemberID("guest"),
                            title: String(repeating: "Guest", count: 10_000),
                            expires: MemberSession.now.advanced(byMilliseconds: 60_000))))

                let key = try lab.office.key
                func signed(_ payload: String, as type: String = Transaction.payloadType)
                    -> Envelope
                {
                    Envelope(signing: Array(payload.utf8), as: type, with: key)
                }
                let text = String(decoding: good.payload, as: UTF8.self)
                try await lab.expect(
                    400, "transaction.payload_type", from: signed(text, as: "text/plain"))
                try await lab.expect(400, "transaction.not_json", from: signed("not JSON"))
                for wrong in [
                    "{}", "[]",
                    text.replacing("member.invite", with: "member.divide"),
                    text.replacing(#""title":"#, with: #""titel":"#),
                    text.replacing(#""title":"Guest""#, with: #""title":{}"#),
                    text.replacing(#""member":"guest""#, with: #""member":"Not A Name""#),
                    text.replacing(#""nonce":""#, with: #""nonce":"ä"#),
                    text.dropLast() + #","extra":1}"#,
                ] {
                    try await lab.expect(400, "transaction.malformed", from: signed(wrong))
                }
                #expect(try await lab.size() == size)
            }
        }

        @Test("Whatever its supposed sender has not signed for this lab is refused")
        func wronglySigned() async throws {
            try await HostileLab.with { lab in
                let size = try await lab.size()
                let key = try lab.office.key
                let action = InviteMember(
                    member: try MemberID("guest"), title: "Guest",
                    expires: MemberSession.now.advanced(byMilliseconds: 60_000))
                let id = lab.processes.card.lab
                func signed(_ sender: Sender, for lab: LabID?) -> Envelope {
                    Transaction(
                        lab: lab, sender: sender, nonce: UUID().uuidString,
                        validUntil: MemberSession.now.advanced(byMilliseconds: 60_000),
                        action: action
                    ).signed(with: key)
                }
                try await lab.expect(
                    403, "transaction.wrong_signature",
                    from: signed(.member(lab.university.id), for: id))
                try await lab.expect(
                    403, "transaction.wrong_signature", from: signed(.coordinator, for: id))
                try await lab.expect(
                    403, "transaction.unknown_sender",
                    from: signed(.member(try MemberID("nobody")), for: id))

                let good = try lab.office.signed(action)
                let signature = try #require(good.signatures.first)
                func envelope(
                    _ signatures: [Envelope.Signature], payload: [UInt8]? = nil
                ) -> Envelope {
                    Envelope(
                        payloadType: good.payloadType, payload: payload ?? good.payload,
                        signatures: signatures)
                }
                var flipped = signature.bytes
                flipped[17] ^= 1
                var otherPayload = String(decoding: good.payload, as: UTF8.self)
                otherPayload.replace(#""title":"Guest""#, with: #""title":"Ghost""#)
                for wrong in [
                    envelope([.init(keyID: signature.keyID, bytes: flipped)]),
                    envelope([.init(keyID: signature.keyID, bytes: [])]),
                    envelope([.init(keyID: signature.keyID, bytes: Array(repeating: 0, count: 64))]
                    ),
                    envelope([
                        .init(keyID: try lab.university.key.publicKey.id, bytes: signature.bytes)
                    ]),
                    envelope([signature], payload: Array(otherPayload.utf8)),
                ] {
                    try await lab.expect(403, "transaction.wrong_signature", from: wrong)
                }
                try await lab.expect(
                    400, "transaction.signatures", from: envelope([signature, signature]))
                try await lab.expect(400, "request.malformed", from: envelope([]))

                try await lab.expect(
                    422, "transaction.foreign_lab", from: signed(.member(lab.office.id), for: nil))
                let elsewhere = LabID(leafHash: Array(repeating: 7, count: 32))
                try await lab.expect(
                    422, "transaction.foreign_lab",
                    from: signed(.member(lab.office.id), for: elsewhere))
                let another = try Entry(parsing: lab.processes.card.genesis)
                if case .genesis(let founding) = another.content {
                    try await lab.expect(422, "transaction.foreign_lab", from: founding)
                }
                #expect(try await lab.size() == size)
            }
        }

        @Test("A transaction is taken once, while it is valid, and where the rules allow it")
        func replayedAndRefused() async throws {
            try await HostileLab.with { lab in
                let guest = InviteMember(
                    member: try MemberID("guest"), title: "Guest",
                    expires: MemberSession.now.advanced(byMilliseconds: 60_000))
                let taken = try lab.office.signed(guest)
                let receipt = try await lab.office.coordinator.post(
                    "/v1/transactions", taken.json)
                #expect(receipt["stage"]?.string == "sequenced")
                let size = try await lab.size()

                try await lab.expect(409, "transaction.replayed", from: taken)
                try await lab.expect(
                    422, "transaction.expired",
                    from: try lab.office.signed(guest, validFor: -60_000))
                try await lab.expect(
                    422, "transaction.lifetime",
                    from: try lab.office.signed(guest, validFor: 86_400_000))
                // The rules' own refusals: nothing of them stands on the ledger either.
                try await lab.expect(
                    404, "unknown",
                    from: try lab.office.signed(
                        TakeContractAction.accept(try LicenceID("no-such-licence"))))
                let currency = try #require(CurrencyCode("CNY"))
                try await lab.expect(
                    403, "member.role",
                    from: try lab.university.signed(
                        RegisterCurrency(currency: currency, title: "Yuan", scale: 2)))
                try await lab.expect(
                    403, "wrong_sender",
                    from: try lab.university.signed(
                        AbandonRound(
                            round: RoundID(job: try JobID("job-1"), number: 0), reason: "mine")))
                #expect(try await lab.size() == size)

                // Over a restart too.
                lab.processes.daemons.kill(ProcessLab.coordinator)
                try await lab.processes.startCoordinator()
                try await lab.expect(409, "transaction.replayed", from: taken)
                #expect(try await lab.size() == size)
                let ledger = try StoredLedger(lab.processes.home(ProcessLab.coordinator))
                #expect(ledger.places.keys.sorted() == [TransactionID(of: taken)])
            }
        }
    }
}
