"""Result files as Mammoth and Avalanche write them."""

ROWS = ((0.98,), (0.75, 0.9), (0.5, 0.6, 0.875))


def mammoth(folder, seeds=(3,), rows=ROWS, wrap=str, **more):
    """Writes the file that Mammoth writes for runs of DER++ on its sequence of MNIST."""
    file = folder / "class-il" / "seq-mnist" / "derpp" / "logs.pyd"
    file.parent.mkdir(parents=True)
    lines = []
    for seed in seeds:
        values = {"dataset": "seq-mnist", "model": "derpp", "seed": seed, "lr": 0.1, **more}
        for after, row in enumerate(rows, 1):
            values[f"accmean_task{after}"] = 100 * sum(row) / len(row)
            for on, share in enumerate(row, 1):
                values[f"accuracy_{on}_task{after}"] = 100 * share
        text = str(values)
        lines.append(wrap(text))
    file.write_text("\n".join(lines) + "\n")
    return file


def avalanche(folder, rows=ROWS):
    """Writes the file of Avalanche's CSVLogger, which evaluates later tasks, too."""
    lines = ["eval_exp,training_exp,eval_accuracy,eval_loss,forgetting", "0,None,0.1,2.3,0"]
    for after, row in enumerate(rows):
        every = [*row, *[0.0] * (len(rows) - len(row))]
        lines += [f"{on},{after},{share:.4f},0.5,0" for on, share in enumerate(every)]
    file = folder / "eval_results.csv"
    file.write_text("\n".join(lines) + "\n")
    return file
