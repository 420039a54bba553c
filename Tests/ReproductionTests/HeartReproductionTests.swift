import Learning
import Strategies
import Testing

@testable import reproduce

/// On the four hospitals' data, which not everybody has beside the checkout.
@Suite(.enabled(if: heartData != nil, "set JOINTLAB_SHARED to the folder with data/heart"))
struct HeartReproductionTests {
    private let reproduction: HeartReproduction

    init() throws {
        reproduction = try HeartReproduction(reading: #require(heartData))
    }

    @Test("Each hospital has the rows that FLamby's table says, to train on and to test")
    func rows() {
        let centres = reproduction.centres.centres
        #expect(centres.map(\.training.rows.count) == [199, 172, 30, 85])
        #expect(centres.map(\.test.rows.count) == [104, 89, 16, 45])
        let pooled = reproduction.centres.pooled
        #expect(pooled.training.labels.count == 486)
        #expect(pooled.test.labels.count == 254)
        #expect((pooled.training.rows + pooled.test.rows).allSatisfy { $0.count == 13 })
    }

    @Test("One seed of FedAvg ends within three published deviations of the published mean")
    func fedavg() throws {
        let accuracies = try reproduction.accuracies(
            of: .federated(.fedavg, clientRate: 0.001), seed: 42)
        #expect(accuracies.count == 15)
        let last = try #require(accuracies.last)
        #expect((0.667...0.829).contains(last), "seed 42: \(last)")
    }

    @Test("One seed of FedAdam ends within three of the re-run's deviations of the published mean")
    func fedadam() throws {
        let strategy = try Strategy.adaptive(
            .adam, serverRate: 0.01, beta1: 0.9, beta2: 0.999, tau: 1e-8)
        let last = try #require(
            try reproduction.accuracies(
                of: .federated(strategy, clientRate: 0.01), seed: 42
            ).last)
        #expect((0.7367...0.8207).contains(last), "seed 42: \(last)")
    }

    @Test("The same seed gives the same accuracies, to the last bit")
    func repeats() throws {
        let first = try reproduction.accuracies(
            of: .federated(.scaffold(), clientRate: 0.001), seed: 43)
        let second = try reproduction.accuracies(
            of: .federated(.scaffold(), clientRate: 0.001), seed: 43)
        #expect(first == second, "seed 43")
    }
}

private let heartData: ReferenceData? = {
    guard let data = try? ReferenceData.find(),
        (try? data.text(of: "heart/heart-flamby-split.csv")) != nil
    else { return nil }
    return data
}()
